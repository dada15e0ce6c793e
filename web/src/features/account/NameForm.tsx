import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { LanguageSelect } from '../../i18n/LanguageSelect'
import type { Me } from '../../presence/own'

/** The name and the language of a visitor. */
export function NameForm({ me, onDone }: { me: Me; onDone: (name: string) => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(me.name)
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (name.trim()) onDone(name.trim())
      }}
    >
      <Stack>
        <TextInput
          label={t('guest.name')}
          description={t('guest.name.hint')}
          value={name}
          required
          maxLength={60}
          dir="auto"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <LanguageSelect label={t('field.language')} />
        <Group justify="flex-end">
          <Button type="submit" disabled={!name.trim()}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
