import { Text, Tooltip } from '@mantine/core'
import { IconCloudUp, IconFileText, IconWorld } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import { Trans, useTranslation } from 'react-i18next'
import type { DocumentInfo, Sort } from '../../api/client'
import { Moment } from '../../i18n/Moment'
import { isUnheard } from '../../sync'
import { unsent } from '../../sync/outbox/unattended'
import { CardMenu } from './CardMenu'
import classes from './DocumentCard.module.css'
import { Preview } from './Preview'

interface Props {
  document: DocumentInfo
  compact: boolean
  mine: boolean
  sort: Sort
  /** `gone` when the document left this list. */
  onChanged: (gone: boolean) => Promise<void>
}

/** One document of the list: its name leads to it, its menu changes it. */
export function DocumentCard({ document, compact, mine, sort, onChanged }: Props) {
  const { t } = useTranslation()
  const waiting = useSyncExternalStore(unsent.subscribe, unsent.get).has(document.id) || isUnheard(document)
  const [key, at] = document.trashed_at
    ? ['documents.trashed', document.trashed_at]
    : sort === 'created_at'
      ? ['documents.created', document.created_at]
      : ['documents.changed', document.updated_at]
  const name = (
    <>
      <IconFileText size={20} aria-hidden className={classes.icon} />
      <span className={classes.title} dir="auto">
        {document.title}
      </span>
    </>
  )
  return (
    <li className={compact ? classes.row : classes.card}>
      {!compact && !document.trashed_at && <Preview document={document} />}
      {document.trashed_at ? (
        <span className={classes.link}>{name}</span>
      ) : (
        <Link to="/d/$documentId" params={{ documentId: document.id }} className={classes.link}>
          {name}
        </Link>
      )}
      <div className={classes.foot}>
        <Text size="sm" c="dimmed" component="div" className={classes.facts}>
          {!mine && (
            <span className={classes.owner} dir="auto">
              {document.owner.name}
            </span>
          )}
          <span>
            <Trans t={t} i18nKey={key} components={{ when: <Moment at={at ?? document.updated_at} /> }} />
          </span>
          {waiting && (
            <span className={classes.waiting}>
              <IconCloudUp size={16} aria-hidden />
              {t('documents.unsent')}
            </span>
          )}
        </Text>
        {document.link_role && (
          <Tooltip label={t('documents.shared')}>
            <IconWorld size={16} role="img" aria-label={t('documents.shared')} className={classes.world} />
          </Tooltip>
        )}
        <CardMenu document={document} onChanged={onChanged} />
      </div>
    </li>
  )
}
